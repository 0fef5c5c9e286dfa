function ConvertTo-DataText {
    <#
    .SYNOPSIS
    Gives a registry value's data as one text.
    .PARAMETER Kind
    The registry's type, as GetValueKind names it.
    .PARAMETER Data
    The data. What is neither text nor a number goes as base64.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string] $Kind,
        [Parameter(Mandatory)] [AllowNull()] [AllowEmptyString()] [AllowEmptyCollection()] [object] $Data
    )
    if ('String', 'ExpandString', 'DWord', 'QWord' -contains $Kind) { return [string] $Data }
    if ($Kind -eq 'MultiString') { return @($Data) -join "`0" }
    if ($null -eq $Data) { return '' }
    [Convert]::ToBase64String([byte[]] $Data)
}

function Set-RegistryData {
    <#
    .SYNOPSIS
    Writes a registry value, and makes its key where it is missing.
    .PARAMETER Deed
    path (below HKLM), name, type, and data as ConvertTo-DataText gives it, behind an equals sign: PowerShell 7 turns a
    JSON string that looks like a date into a date.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] [psobject] $Deed)
    $text = $Deed.data.Substring(1)
    $data = $text
    if ($Deed.type -eq 'DWord') { $data = [int] $text }
    elseif ($Deed.type -eq 'QWord') { $data = [long] $text }
    elseif ($Deed.type -eq 'MultiString') { $data = [string[]] @(if ($text -cne '') { $text.Split([char] 0) }) }
    elseif ('String', 'ExpandString' -notcontains $Deed.type) { $data = [Convert]::FromBase64String($text) }
    $path = "HKLM:\$($Deed.path)"
    Add-RegistryKey -Path $path
    New-ItemProperty -LiteralPath $path -Name (Get-ProviderName -Name $Deed.name) -PropertyType $Deed.type -Value $data -Force | Out-Null
}

function Get-ProviderName {
    <#
    .SYNOPSIS
    Gives the name by which the registry provider knows a value.
    .PARAMETER Name
    The value's name; empty for a key's default value.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] [AllowEmptyString()] [string] $Name)
    if ($Name -ceq '') { return '(default)' }
    $Name
}

function Get-KeyTree {
    <#
    .SYNOPSIS
    Gives a registry key with its values, and all keys below it; nothing where there is none.
    .PARAMETER Path
    The key, below HKLM.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] [string] $Path)
    $key = Get-RegistryKey -Path "HKLM:\$Path"
    if ($null -eq $key) { return }
    $values = @(foreach ($name in $key.GetValueNames()) {
            $kind = $key.GetValueKind($name).ToString()
            $data = $key.GetValue($name, $null, 'DoNotExpandEnvironmentNames')
            [ordered]@{ name = $name; type = $kind; data = ConvertTo-DataText -Kind $kind -Data $data }
        })
    [ordered]@{ path = $Path; values = $values }
    foreach ($name in $key.GetSubKeyNames()) { Get-KeyTree -Path "$Path\$name" }
}

function Get-SingleValue {
    <#
    .SYNOPSIS
    Gives one value of a key that holds much else.
    .PARAMETER Place
    path (below HKLM) and name.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] [psobject] $Place)
    $key = Get-RegistryKey -Path "HKLM:\$($Place.path)"
    $value = $null
    if ($null -ne $key -and $key.GetValueNames() -contains $Place.name) {
        $kind = $key.GetValueKind($Place.name).ToString()
        $data = $key.GetValue($Place.name, $null, 'DoNotExpandEnvironmentNames')
        $value = [ordered]@{ name = $Place.name; type = $kind; data = ConvertTo-DataText -Kind $kind -Data $data }
    }
    [ordered]@{ path = $Place.path; name = $Place.name; keyThere = $null -ne $key; value = $value }
}

function Get-PolicyFolder {
    <#
    .SYNOPSIS
    Gives the path of a folder of the local group policy object.
    .PARAMETER Name
    Machine, User, or the empty text for the one around them.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] [AllowEmptyString()] [string] $Name)
    $folder = Join-Path -Path $env:SystemRoot -ChildPath 'System32\GroupPolicy'
    if ($Name -ceq '') { return $folder }
    Join-Path -Path $folder -ChildPath $Name
}

function Get-Snapshot {
    <#
    .SYNOPSIS
    Reads all that the tests touch.
    .PARAMETER Watched
    trees (keys below HKLM, read whole) and places (single values of other keys).
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] [psobject] $Watched)
    $service = Get-Service -Name WinRM
    [ordered]@{
        keys        = @(foreach ($tree in $Watched.trees) { Get-KeyTree -Path $tree })
        singles     = @(foreach ($place in $Watched.places) { Get-SingleValue -Place $place })
        registryPol = Get-PolicyFile -File registryPol
        gptIni      = Get-PolicyFile -File gptIni
        archive     = Get-PolicyFile -File archive
        folders     = @(foreach ($name in '', 'Machine', 'User') { if ([IO.Directory]::Exists((Get-PolicyFolder -Name $name))) { $name } })
        service     = [ordered]@{ status = $service.Status.ToString(); startType = $service.StartType.ToString() }
    }
}

function Get-Machine {
    <#
    .SYNOPSIS
    Says which machine this is and who asks.
    #>
    [CmdletBinding()]
    param()
    $system = Get-CimInstance -ClassName Win32_ComputerSystem
    $identity = [Security.Principal.WindowsIdentity]::GetCurrent()
    $domain = $null
    if ($system.PartOfDomain) { $domain = [string] $system.Domain }
    [ordered]@{
        computer   = $env:COMPUTERNAME
        domain     = $domain
        version    = [string] (Get-CimInstance -ClassName Win32_OperatingSystem).Version
        edition    = [string] (Get-RegistryValue -Path 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion' -Name 'EditionID')
        powershell = $PSVersionTable.PSVersion.ToString()
        elevated   = ([Security.Principal.WindowsPrincipal] $identity).IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)
        systemRoot = $env:SystemRoot
        wow64      = [Environment]::Is64BitOperatingSystem -and -not [Environment]::Is64BitProcess
    }
}

function Get-LoopbackHindrance {
    <#
    .SYNOPSIS
    Says why this machine cannot be reached by WinRM from itself as the tests need it; null where it can.
    #>
    [CmdletBinding()]
    param()
    try {
        Test-WSMan -ComputerName localhost | Out-Null
    }
    catch {
        return "Test-WSMan localhost failed: $($_.FullyQualifiedErrorId)"
    }
    try {
        $elevated = Invoke-Command -ComputerName localhost -ScriptBlock {
            $identity = [Security.Principal.WindowsIdentity]::GetCurrent()
            ([Security.Principal.WindowsPrincipal] $identity).IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)
        }
    }
    catch {
        return "no session with localhost: $($_.FullyQualifiedErrorId)"
    }
    if (-not $elevated) { return 'a session with localhost is not elevated' }
    # An explicit null: nothing at all would become {} in JSON.
    return $null
}

function Write-PolicyBytes {
    <#
    .SYNOPSIS
    Writes a file of the local group policy object, or removes it.
    .DESCRIPTION
    An existing file is written in place: it keeps its access rights, and a hidden one could not be made anew.
    .PARAMETER File
    registryPol or gptIni.
    .PARAMETER Content
    The bytes in base64; null removes the file.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [ValidateSet('registryPol', 'gptIni')] [string] $File,
        [Parameter(Mandatory)] [AllowNull()] [object] $Content
    )
    $path = Get-PolicyFilePath -File $File
    for ($try = 1; ; $try++) {
        try {
            if ($null -eq $Content) {
                if ([IO.File]::Exists($path)) { [IO.File]::Delete($path) }
                return
            }
            $bytes = [Convert]::FromBase64String([string] $Content)
            [IO.Directory]::CreateDirectory([IO.Path]::GetDirectoryName($path)) | Out-Null
            $stream = [IO.File]::Open($path, [IO.FileMode]::OpenOrCreate)
            try {
                $stream.SetLength(0)
                $stream.Write($bytes, 0, $bytes.Length)
                $stream.Flush($true)
            }
            finally {
                $stream.Dispose()
            }
            return
        }
        catch [System.IO.IOException], [System.UnauthorizedAccessException] {
            # Policy processing reads the file now and then.
            if ($try -eq 50) { throw }
            Start-Sleep -Milliseconds 100
        }
    }
}

function Remove-EmptyPolicyFolder {
    <#
    .SYNOPSIS
    Removes a folder of the local group policy object that holds nothing.
    .PARAMETER Name
    As Get-PolicyFolder takes it.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] [AllowEmptyString()] [string] $Name)
    $folder = Get-PolicyFolder -Name $Name
    if ([IO.Directory]::Exists($folder) -and @([IO.Directory]::GetFileSystemEntries($folder)).Count -eq 0) {
        [IO.Directory]::Delete($folder)
    }
}

function Set-RoleFlag {
    <#
    .SYNOPSIS
    Sets WinRM's own setting of a role.
    .DESCRIPTION
    By WinRM itself where it can be asked, so that it knows at once. The registry holds the setting where the service
    is stopped or a policy rules over it.
    .PARAMETER Role
    Client or Service.
    .PARAMETER On
    On or off.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [ValidateSet('Client', 'Service')] [string] $Role,
        [Parameter(Mandatory)] [bool] $On
    )
    if ((Get-Service -Name WinRM).Status.ToString() -eq 'Running') {
        try {
            Set-Item -LiteralPath "WSMan:\localhost\$Role\Auth\CredSSP" -Value $On.ToString().ToLowerInvariant() -Force
        }
        catch {
            Write-Verbose -Message $_.Exception.Message
        }
    }
    $place = @{ path = "SOFTWARE\Microsoft\Windows\CurrentVersion\WSMAN\$Role"; name = 'auth_credssp' }
    if ((Get-RegistryNumber -Path "HKLM:\$($place.path)" -Name $place.name) -ne [int] $On) {
        Set-RegistryData -Deed ([pscustomobject] ($place + @{ type = 'DWord'; data = "=$([int] $On)" }))
    }
}

function Set-RemoteManagement {
    <#
    .SYNOPSIS
    Brings the WinRM service to a status and a start type.
    .PARAMETER Status
    Running or Stopped.
    .PARAMETER StartType
    Automatic, Manual or Disabled.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [ValidateSet('Running', 'Stopped')] [string] $Status,
        [Parameter(Mandatory)] [ValidateSet('Automatic', 'Manual', 'Disabled')] [string] $StartType
    )
    $service = Get-Service -Name WinRM
    if ($Status -eq 'Stopped') { Stop-Service -Name WinRM -Force }
    elseif ($service.Status.ToString() -ne 'Running') {
        if ($service.StartType.ToString() -eq 'Disabled') { Set-Service -Name WinRM -StartupType Manual }
        Start-Service -Name WinRM
    }
    if ((Get-Service -Name WinRM).StartType.ToString() -ne $StartType) { Set-Service -Name WinRM -StartupType $StartType }
}

function Invoke-PolicyPass {
    <#
    .SYNOPSIS
    Processes the computer's policy and waits for it.
    #>
    [CmdletBinding()]
    param()
    $global:LASTEXITCODE = 0
    # It may ask whether to restart, and would read the answer from the line to us.
    'N' | & (Get-Command -Name gpupdate.exe) /target:computer /force | Out-Null
    if ($global:LASTEXITCODE -ne 0) { throw "gpupdate /force ended with exit code $global:LASTEXITCODE." }
}

function Invoke-Deed {
    <#
    .SYNOPSIS
    Changes one thing on this machine. Each can be done again.
    .PARAMETER Deed
    What to do; kind says what else it holds.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] [psobject] $Deed)
    switch ($Deed.kind) {
        'value' { Set-RegistryData -Deed $Deed }
        'noValue' {
            $key = Get-RegistryKey -Path "HKLM:\$($Deed.path)"
            if ($null -ne $key -and $key.GetValueNames() -contains $Deed.name) {
                Remove-ItemProperty -LiteralPath "HKLM:\$($Deed.path)" -Name (Get-ProviderName -Name $Deed.name)
            }
        }
        'key' { Add-RegistryKey -Path "HKLM:\$($Deed.path)" }
        'noKey' { if (Test-Path -LiteralPath "HKLM:\$($Deed.path)") { Remove-Item -LiteralPath "HKLM:\$($Deed.path)" -Recurse -Force } }
        'noEmptyKey' { Remove-EmptyRegistryKey -Path "HKLM:\$($Deed.path)" }
        'file' { Write-PolicyBytes -File $Deed.file -Content $Deed.content }
        'noEmptyFolder' { Remove-EmptyPolicyFolder -Name $Deed.name }
        'flag' { Set-RoleFlag -Role $Deed.role -On $Deed.on }
        'service' { Set-RemoteManagement -Status $Deed.status -StartType $Deed.startType }
        'pass' { Invoke-PolicyPass }
        default { throw "No deed is called $($Deed.kind)." }
    }
}

function Invoke-UnderLockOfHost {
    <#
    .SYNOPSIS
    Does something under the lock that the package takes on a host: what a killed test had begun there ends first.
    .PARAMETER Work
    What to do.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] [scriptblock] $Work)
    $lock = Enter-HostLock -Seconds 150
    if ($null -eq $lock) { throw 'Somebody held the lock of this host for more than 150 seconds.' }
    try {
        & $Work
    }
    finally {
        $lock.ReleaseMutex()
        $lock.Dispose()
    }
}

function Invoke-Hands {
    <#
    .SYNOPSIS
    Serves one request of the tests: one line in, one line out.
    .PARAMETER Id
    The request's id, which its answer carries.
    .PARAMETER Base64
    The request: a JSON document in UTF-8 and base64, so that there is nothing to quote.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [string] $Id,
        [Parameter(Mandatory)] [string] $Base64
    )
    Set-StrictMode -Version 3
    $ErrorActionPreference = 'Stop'
    $ProgressPreference = 'SilentlyContinue'
    $answer = [ordered]@{ done = $null; failed = $null }
    try {
        $request = ConvertFrom-Json -InputObject ([Text.Encoding]::UTF8.GetString([Convert]::FromBase64String($Base64)))
        switch ($request.ask) {
            'machine' { $answer.done = Get-Machine }
            'loopback' { $answer.done = Get-LoopbackHindrance }
            'snapshot' { $answer.done = Invoke-UnderLockOfHost -Work { Get-Snapshot -Watched $request } }
            'deeds' { Invoke-UnderLockOfHost -Work { foreach ($deed in $request.deeds) { Invoke-Deed -Deed $deed } } | Out-Null }
            'script' { $answer.done = [string] (& ([scriptblock]::Create($request.text)) | Out-String).Trim() }
            default { throw "No request is called $($request.ask)." }
        }
    }
    catch {
        $answer.failed = "$($_.Exception.Message) ($($_.FullyQualifiedErrorId))"
    }
    $json = ConvertTo-Json -InputObject $answer -Compress -Depth 8
    [Console]::Out.WriteLine("hands:${Id}:$([Convert]::ToBase64String([Text.Encoding]::UTF8.GetBytes($json)))")
}
