function Test-PolicyArchive {
    <#
    .SYNOPSIS
    Tells whether the archive of policy processing names one of some keys.
    .DESCRIPTION
    It only looks for the text, which is quick: entries are taken apart on the other side.
    .PARAMETER Archive
    The archive in base64.
    .PARAMETER Key
    The keys, below HKLM.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [AllowEmptyString()] [string] $Archive,
        [Parameter(Mandatory)] [string[]] $Key
    )
    $bytes = [Convert]::FromBase64String($Archive)
    # Names are UTF-16 and stand at even or odd bytes: the data before them may be of any length.
    foreach ($start in 0, 1) {
        if ($bytes.Length -le $start) { break }
        $text = [Text.Encoding]::Unicode.GetString($bytes, $start, $bytes.Length - $start)
        foreach ($one in $Key) {
            if ($text.IndexOf($one, [StringComparison]::OrdinalIgnoreCase) -ge 0) { return $true }
        }
    }
    $false
}

function Get-LoggedSetting {
    <#
    .SYNOPSIS
    Gives what RSoP logged of some keys: who set what, and which instructions were carried out.
    .DESCRIPTION
    WQL has its own way with backslashes, and a filter with one for each key would be a question for each. So all is
    asked for once and chosen from here. An instruction to delete keys stands at any key above.
    .PARAMETER Query
    Where, and how long, to ask: parameters of Get-CimInstance.
    .PARAMETER Key
    The keys, below HKLM.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [System.Collections.IDictionary] $Query,
        [Parameter(Mandatory)] [string[]] $Key
    )
    $wanted = @{}
    foreach ($one in $Key) { $wanted[$one] = $true }
    $columns = 'registryKey', 'valueName', 'GPOID', 'precedence', 'deleted', 'command', 'value'
    foreach ($row in Get-CimInstance @Query -ClassName RSOP_RegistryPolicySetting -Property $columns) {
        $place = [string] $row.registryKey
        $command = [string] $row.command
        $isDeleteKeys = $command.StartsWith('**DeleteKeys', [StringComparison]::OrdinalIgnoreCase)
        if (-not ($isDeleteKeys -or $wanted.ContainsKey($place))) { continue }
        $data = ''
        if ($isDeleteKeys -and $null -ne $row.value) { $data = [Text.Encoding]::Unicode.GetString([byte[]] $row.value).TrimEnd([char] 0) }
        [ordered]@{
            key        = $place
            name       = [string] $row.valueName
            object     = [string] $row.GPOID
            precedence = [long] $row.precedence
            deleted    = [bool] $row.deleted
            command    = $command
            data       = $data
        }
    }
}

function Get-PolicyOrigin {
    <#
    .SYNOPSIS
    Asks RSoP which policy objects set our policies. Concludes nothing.
    .DESCRIPTION
    RSoP is what policy processing logged of its last pass. It answers administrators only, it can be switched off, and
    it stands on WMI, which may be damaged: whatever goes wrong, the answer is null. It is only asked where policy
    processing applied something of ours, so that a host without such policy pays nothing.
    .PARAMETER Policy
    Objects as Get-LivePolicy takes them.
    .PARAMETER Archive
    The archive of policy processing in base64; null or empty where there is none.
    .OUTPUTS
    The settings that RSoP holds of our keys and the objects they come from, or null.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [psobject[]] $Policy,
        [Parameter(Mandatory)] [AllowNull()] [AllowEmptyString()] [string] $Archive
    )
    $keys = @(foreach ($one in $Policy) {
            $one.key
            if ($null -ne $one.list) { "$($one.key)\$($one.list)" }
        })
    if (-not (Test-PolicyArchive -Archive $Archive -Key $keys)) { return $null }
    $query = @{ Namespace = 'root\rsop\computer'; OperationTimeoutSec = 5; ErrorAction = 'Stop' }
    try {
        $settings = @(Get-LoggedSetting -Query $query -Key $keys)
        $named = @{}
        foreach ($setting in $settings) { $named[$setting.object] = $true }
        $objects = @(foreach ($row in Get-CimInstance @query -ClassName RSOP_GPO -Property 'id', 'name') {
                if ($named.ContainsKey([string] $row.id)) { [ordered]@{ id = [string] $row.id; name = [string] $row.name } }
            })
        [ordered]@{ settings = $settings; objects = $objects }
    }
    catch {
        # An explicit null: nothing at all would become {} in JSON.
        return $null
    }
}
