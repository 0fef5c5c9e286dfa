function Get-PolicyFilePath {
    <#
    .SYNOPSIS
    Gives the path of a file of the local group policy object, or of the archive that policy processing keeps.
    .PARAMETER File
    registryPol, gptIni or archive.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] [ValidateSet('registryPol', 'gptIni', 'archive')] [string] $File)
    if ($File -eq 'archive') { return Join-Path -Path $env:ProgramData -ChildPath 'ntuser.pol' }
    $folder = Join-Path -Path $env:SystemRoot -ChildPath 'System32\GroupPolicy'
    if ($File -eq 'gptIni') { return Join-Path -Path $folder -ChildPath 'gpt.ini' }
    Join-Path -Path $folder -ChildPath 'Machine\Registry.pol'
}

function Get-PolicyFile {
    <#
    .SYNOPSIS
    Gives a file of policy in base64, or null where it is absent.
    .PARAMETER File
    registryPol, gptIni or archive.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] [ValidateSet('registryPol', 'gptIni', 'archive')] [string] $File)
    $path = Get-PolicyFilePath -File $File
    if (-not [IO.File]::Exists($path)) { return $null }
    [Convert]::ToBase64String([IO.File]::ReadAllBytes($path))
}

function Get-ValueText {
    <#
    .SYNOPSIS
    Gives the text of a list value. One that is no string has none; its name still counts.
    .PARAMETER Value
    The data.
    #>
    [CmdletBinding()]
    param([AllowNull()] [AllowEmptyString()] [object] $Value)
    if ($Value -is [string]) { return $Value }
    ''
}

function Get-ListReading {
    <#
    .SYNOPSIS
    Reads one list policy from HKLM: its switch, its concatenate, and its values in their order.
    .PARAMETER Root
    The key of all list policies.
    .PARAMETER Policy
    An object with the policy's name and the name of its concatenate.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string] $Root,
        [Parameter(Mandatory)] [psobject] $Policy
    )
    $values = @()
    $key = Get-RegistryKey -Path "$Root\$($Policy.name)"
    if ($null -ne $key) {
        $values = @(foreach ($name in $key.GetValueNames()) {
                [ordered]@{
                    name = $name
                    kind = $key.GetValueKind($name).ToString()
                    data = Get-ValueText -Value $key.GetValue($name, $null, 'DoNotExpandEnvironmentNames')
                }
            })
    }
    [ordered]@{
        policy      = $Policy.name
        switch      = Get-RegistryNumber -Path $Root -Name $Policy.name
        concatenate = Get-RegistryNumber -Path $Root -Name $Policy.concatenate
        values      = $values
    }
}

function Get-PolicyReading {
    <#
    .SYNOPSIS
    Reads the list policies of both stores until two readings agree.
    .DESCRIPTION
    A pass of policy processing may be rewriting them: it removes what it wrote before and writes
    it again, and a look in between would see a list that never was. Gives nothing when no two
    readings agree.
    .PARAMETER Root
    The key of all list policies.
    .PARAMETER Policy
    Objects with the policies' names and the names of their concatenates.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string] $Root,
        [Parameter(Mandatory)] [psobject[]] $Policy
    )
    $before = $null
    for ($look = 1; $look -le 12; $look++) {
        $now = $null
        try {
            $lists = @(foreach ($one in $Policy) { Get-ListReading -Root $Root -Policy $one })
            $reading = [ordered]@{
                live        = $lists
                registryPol = Get-PolicyFile -File registryPol
                gptIni      = Get-PolicyFile -File gptIni
                archive     = Get-PolicyFile -File archive
            }
            $now = ConvertTo-Json -InputObject $reading -Compress -Depth 5
        }
        catch [System.IO.IOException], [System.UnauthorizedAccessException] {
            # A key that has just gone, a file that is being written, or one that is just being deleted (access denied):
            # this look does not count.
            if ($look -eq 12) { throw }
        }
        if ($null -ne $now -and $now -ceq $before) { return $reading }
        if ($look -gt 1) { Start-Sleep -Milliseconds 50 }
        $before = $now
    }
}
