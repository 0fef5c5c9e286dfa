function Test-Elevation {
    <#
    .SYNOPSIS
    Tells whether the caller holds an enabled Administrators group.
    .DESCRIPTION
    The role stands for the group S-1-5-32-544, whatever it is called in the language of this Windows.
    #>
    [CmdletBinding()]
    param()
    $identity = [Security.Principal.WindowsIdentity]::GetCurrent()
    ([Security.Principal.WindowsPrincipal] $identity).IsInRole([Security.Principal.WindowsBuiltInRole]::Administrator)
}

function Get-ComputerReading {
    <#
    .SYNOPSIS
    Says which computer this is, and through which PowerShell it is seen.
    #>
    [CmdletBinding()]
    param()
    $windows = 'HKLM:\SOFTWARE\Microsoft\Windows NT\CurrentVersion'
    $domain = $null
    $version = [string] (Get-RegistryValue -Path $windows -Name 'CurrentBuild')
    try {
        $system = Get-CimInstance -ClassName Win32_ComputerSystem
        if ($system.PartOfDomain) { $domain = [string] $system.Domain }
        $version = [string] (Get-CimInstance -ClassName Win32_OperatingSystem).Version
    }
    catch {
        # A damaged WMI is common and must not hide the rest: these two are only told, never decided on.
        $domain = $null
    }
    [ordered]@{
        name              = $env:COMPUTERNAME
        domain            = $domain
        osVersion         = $version
        edition           = [string] (Get-RegistryValue -Path $windows -Name 'EditionID')
        machineGuid       = [string] (Get-RegistryValue -Path 'HKLM:\SOFTWARE\Microsoft\Cryptography' -Name 'MachineGuid')
        powershellVersion = $PSVersionTable.PSVersion.ToString()
        wow64             = [Environment]::Is64BitOperatingSystem -and -not [Environment]::Is64BitProcess
    }
}

function Get-ServiceReading {
    <#
    .SYNOPSIS
    Asks the service controller about WinRM. Starts nothing.
    #>
    [CmdletBinding()]
    param()
    try {
        $service = Get-Service -Name WinRM
        # A property of .NET Framework 4.6.1; an older one answers nothing here.
        $startType = if ($service.PSObject.Properties['StartType']) { $service.StartType.ToString() } else { 'Unknown' }
        [ordered]@{ status = $service.Status.ToString(); startType = $startType }
    }
    catch {
        # The service controller answers administrators only, where a remote session asks.
        [ordered]@{ status = 'Unknown'; startType = 'Unknown' }
    }
}

function Get-RoleReading {
    <#
    .SYNOPSIS
    Reads what is known of a role's flag: WinRM's setting and the word of WSMan. The policy over it is read with the others.
    .PARAMETER Role
    Client or Service.
    .PARAMETER AskWSMan
    Also ask the WSMan drive, which alone knows of a policy that another way than the usual key brought.
    Only where WinRM runs and the session is elevated: else the drive asks, or starts the service.
    #>
    [CmdletBinding()]
    param(
        [Parameter(Mandatory)] [ValidateSet('Client', 'Service')] [string] $Role,
        [switch] $AskWSMan
    )
    $value = $null
    $source = $null
    if ($AskWSMan) {
        try {
            $item = Get-Item -LiteralPath "WSMan:\localhost\$Role\Auth\CredSSP"
            $value = [string] $item.Value
            $source = [string] $item.SourceOfValue
        }
        catch {
            # A damaged WinRM configuration: the registry answers for it.
            $value = $null
        }
    }
    [ordered]@{
        configured = Get-RegistryNumber -Path "HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\WSMAN\$Role" -Name 'auth_credssp'
        value      = $value
        source     = $source
    }
}

function Get-OpenEditor {
    <#
    .SYNOPSIS
    Names the machine policies that editors of this user have open.
    #>
    [CmdletBinding()]
    param()
    $key = Get-RegistryKey -Path 'HKCU:\SOFTWARE\Microsoft\Windows\CurrentVersion\Group Policy Objects'
    if ($null -ne $key) {
        $key.GetSubKeyNames() | Where-Object -FilterScript { $_.EndsWith('Machine', [StringComparison]::OrdinalIgnoreCase) }
    }
}

function Get-HostObservation {
    <#
    .SYNOPSIS
    Reads everything a plan for this host may depend on, and hashes it. Changes nothing.
    .PARAMETER Request
    Names the policies and the ledger's key.
    .OUTPUTS
    The observation, or nothing when policy kept changing under the look.
    #>
    [CmdletBinding()]
    param([Parameter(Mandatory)] [psobject] $Request)
    $policy = Get-PolicyReading -Policy $Request.policies
    if ($null -eq $policy) { return }
    $elevated = Test-Elevation
    $winrm = Get-ServiceReading
    $askWSMan = $elevated -and $winrm.status -eq 'Running'
    $rsop = $null
    if ($elevated) { $rsop = Get-PolicyOrigin -Policy $Request.policies -Archive $policy.archive }
    $observation = [ordered]@{
        computer            = Get-ComputerReading
        elevated            = $elevated
        winrm               = $winrm
        client              = Get-RoleReading -Role Client -AskWSMan:$askWSMan
        service             = Get-RoleReading -Role Service -AskWSMan:$askWSMan
        live                = $policy.live
        registryPol         = $policy.registryPol
        gptIni              = $policy.gptIni
        archive             = $policy.archive
        rsop                = $rsop
        localPolicyDisabled = Get-RegistryNumber -Path 'HKLM:\SOFTWARE\Policies\Microsoft\Windows\System' -Name 'DisableLGPOProcessing'
        editors             = @(Get-OpenEditor)
        encryptionOracle    = Get-RegistryNumber -Path 'HKLM:\SOFTWARE\Microsoft\Windows\CurrentVersion\Policies\System\CredSSP\Parameters' -Name 'AllowEncryptionOracle'
        ledger              = Get-RegistryValue -Path $Request.ledgerKey -Name 'Ledger'
    }
    $observation.fingerprint = Get-Fingerprint -Observation $observation
    $observation
}
